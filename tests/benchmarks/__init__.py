"""Speed side by side with what a user would do today, in one run: `make bench`."""
