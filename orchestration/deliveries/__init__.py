"""What was delivered and what came of it: deliveries taken out, and figures explained."""
