"""Networks: plain torch modules with the tensor names that diffusers gives them, and no knowledge of requests."""
