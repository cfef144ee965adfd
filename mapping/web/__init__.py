"""What the offline web map is made of: its content, the page template, its style and its script."""
