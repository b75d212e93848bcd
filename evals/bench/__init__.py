"""Speed, memory and scale on this machine, each number beside a baseline measured in the same run."""
