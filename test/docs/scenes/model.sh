# A scratch directory with the model.
cp "$root/test/model/lock.pml" .
