"""The public site: pages, lists, feeds and sitemaps in each edition's language."""
