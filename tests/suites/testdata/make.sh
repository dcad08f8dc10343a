# Builds a project of 20 files with two jobs, twice. The order of the lines
# that make prints depends on the jobs.
. "$LIB"
make --no-print-directory -j2 2>&1 | sort
./all; echo "status: $?"
cksum all
touch part07.c
make --no-print-directory -j2 2>&1 | sort
make -q; echo "out of date: $?"
make --no-print-directory -j2 broken 2>&1 | sort; echo "made"
make --no-print-directory -j2 deep 2>&1 | sort
make --no-print-directory shells
make --no-print-directory clean
ls
