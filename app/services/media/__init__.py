"""Pictures that people upload: taken in, written anew, checked, linked to, and swept away where nothing needs them."""
