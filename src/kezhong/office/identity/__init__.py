"""How people prove who they are, and which rights they have this moment."""
