"""Images that users give with their consent, and what they say is right of them."""
