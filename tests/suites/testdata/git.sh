# The life of a repository. Times and authors are fixed, so that all names of
# objects are, too.
. "$LIB"
export GIT_AUTHOR_NAME=Author GIT_AUTHOR_EMAIL=author@example.org
export GIT_COMMITTER_NAME=Committer GIT_COMMITTER_EMAIL=committer@example.org
export GIT_AUTHOR_DATE='2020-01-01T00:00:00Z' GIT_COMMITTER_DATE='2020-01-01T00:00:00Z'
export GIT_CONFIG_NOSYSTEM=1 GIT_PAGER=cat GIT_EDITOR=true

git init -q -b main work && cd work || exit 1
git config gc.autoDetach true
printf '#!/bin/sh\necho "hook of $(git rev-parse --short HEAD)"\n' >.git/hooks/post-commit
chmod +x .git/hooks/post-commit
i=0
while [ $i -lt 30 ]; do
	echo "line $i" >>file
	echo "content $i" >"file$i"
	git add . && git commit -q -m "change $i"
	i=$((i + 1))
done
git checkout -q -b side HEAD~5
echo side >side && git add side && git commit -q -m side
git rebase -q main && git checkout -q main && git merge --no-ff -q -m merge side
git log --oneline --graph | head -40
git stash list; echo more >>file; git stash -q; git stash pop -q; git status --short
git commit -q -a -m more
git grep -c content | wc -l
git gc -q; echo "gc: $?"
git count-objects -v | grep -E 'count|packs'
git -c gc.auto=1 -c gc.autoPackLimit=1 gc --auto --quiet; echo "gc --auto: $?"
until_true test ! -e .git/gc.pid
git fsck --no-progress; echo "fsck: $?"
cd .. && git clone -q --bare "file://$PWD/work" bare && git clone -q bare copy
cd copy && echo pushed >pushed && git add pushed && git commit -q -m pushed && git push -q
git -C ../bare log --oneline -3
git bisect start HEAD HEAD~20 >/dev/null 2>&1
git bisect run sh -c '! grep -q "line 25" file' 2>&1 | grep 'first bad'
