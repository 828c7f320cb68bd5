"""Files and folders of titles get other names: planned, journaled, carried out, taken back."""
