"""Workbooks in: rows of typed values out of `.xlsx` and `.csv`, each refusal with its place and reason."""
