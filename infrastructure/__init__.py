"""Whatever is deployed: built from template.yaml, with its parameters and its DNS records."""
