"""Taking tables in from the spreadsheets of offices, and writing them."""
