"""SES's events: bounces, complaints, deliveries."""
