module kindred.example/clients

go 1.19
