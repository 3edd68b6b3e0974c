"""What a person sees: pieces that take data and draw it. Only this room knows Streamlit."""
