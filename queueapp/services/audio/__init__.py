"""What decides and changes the default audio track of files."""
