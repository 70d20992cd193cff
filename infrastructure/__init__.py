"""What is deployed: the build of template.yaml, its parameters and its DNS records."""
