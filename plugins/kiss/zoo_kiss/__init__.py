"""The networks of Kiss, Sandor and Pogany 2019 for zoo."""
