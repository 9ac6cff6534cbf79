"""The mirrored projection: what a service's offices told and heard, as case files, months, news and audits."""
