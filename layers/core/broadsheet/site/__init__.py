"""What readers see: pages, in each edition's language."""
