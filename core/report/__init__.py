"""What a run says: in words, in pictures, and as a page to hand on."""
