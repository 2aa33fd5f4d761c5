"""What people see while something runs, and the frame of a stage; it can change no byte."""
