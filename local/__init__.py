"""The template as a running system on one machine; never deployed."""
