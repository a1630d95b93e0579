# In a clone of the repository.
cd "$root"
