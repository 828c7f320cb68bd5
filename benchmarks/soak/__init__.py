"""A whole instance under load and random faults for as long as asked, and a check of everything at the end."""
