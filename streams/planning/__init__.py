"""Planning a controlled delivery: whom to ask, when at the latest, what stands against it. Pure; reads nothing but its own data files."""
