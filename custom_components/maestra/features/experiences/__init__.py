"""Experiences: what a show needs, published in versions, deployed as one and rolled back."""
