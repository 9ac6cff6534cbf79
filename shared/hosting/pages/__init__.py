"""The pages that are the same in every agency: what is owed, and the case files."""
