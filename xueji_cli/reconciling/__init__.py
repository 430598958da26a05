"""Two sides of the same schools, the system's and the classrooms': counts, people, and the county's scoresheet."""
