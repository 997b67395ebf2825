"""The parts of the Odoo stand-in (odoo.py joins them to HTTP)."""
