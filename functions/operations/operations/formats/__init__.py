"""How exports are written: pure, from the API's shapes to text. For the command line and for pages alike."""
