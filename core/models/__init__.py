"""Networks whose parameters are one flat vector per task, passed in and never hidden."""
