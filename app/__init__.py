"""Echo Wall (回音壁): neighbours' wishes heard, helped and answered."""
