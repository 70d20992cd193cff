"""WordPress exports (WXR): the file, its records, and what WordPress and its plugins mean by them."""
