"""Released persons from a workbook: its columns, and every row checked before anything is recorded."""
