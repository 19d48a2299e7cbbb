"""Find faces, plates and heads in footage, follow them, mask them, and measure what is left."""
