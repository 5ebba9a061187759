"""The operators' shell: layout, sign-in and sign-out. It knows no feature's inside."""
