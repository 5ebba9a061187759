"""Other systems: the Open311 door, webhooks, and the gateway to a city platform."""
