"""The parts of the Salesforce stand-in (salesforce.py joins them to HTTP)."""
