module groove

go 1.26
