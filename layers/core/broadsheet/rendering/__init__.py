"""Texts as HTML and as plain text: templates, writers, colours, links, images."""
