"""Functions as Lambda would run them: a sample event in, the state in moto out."""
