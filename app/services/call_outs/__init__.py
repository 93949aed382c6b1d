"""Call-outs (集结): ordered and confirmed by two people, answered by those called, counted live."""
