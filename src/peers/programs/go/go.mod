module lockbridge/peers

go 1.19

require github.com/gofrs/flock v0.8.1
