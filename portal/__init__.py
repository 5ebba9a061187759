"""The residents' shell: layout, home page, error pages. It knows no feature's inside."""
