"""What people repair in a home: bring back what is lost, give up what is gone, take a log back."""
