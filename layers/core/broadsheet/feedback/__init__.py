"""What SES says afterwards: bounces, complaints, deliveries."""
