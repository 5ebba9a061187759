"""What `make` needs to set up and run the whole service on one machine."""
