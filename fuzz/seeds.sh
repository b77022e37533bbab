#!/usr/bin/env bash
# Makes the seeds in fuzz/corpus from the golden files, and from what is written here.
# Seeds that a fuzzer has added stay; libFuzzer names those by their SHA-1.
set -euo pipefail
cd "$(dirname "$0")"
golden=../tests/golden
mkdir -p corpus/{index_file,pickle,jsonl,csv,keys_file,http_target}

# Whole files, and a few edits of each base: what the bytes say stands in src/index_file/edits.rs.
cp bases/*.knd "$golden/index/format-1.knd" corpus/index_file/
for base in 0 1 2; do
  edit() { printf "\\x0$base$2" > "corpus/index_file/base-$base-$1"; } # edit NAME BYTES
  edit nothing ''
  edit set_a_neighbour '\x00\x05\x03\x00\x01'
  edit set_an_id_start '\x01\x08\x01\x00\xff\xff\xff\xff\xff\xff\xff\xff'
  edit no_neighbour '\x02\x05\x00\x00\x01'
  edit a_vector_that_is_no_number '\x02\x01\x07\x00\x06'
  edit copy_a_neighbour '\x04\x0d\x00\x00\x09\x00'
  edit shorten_the_documents '\x05\x0a\x10\x00\x08\x00'
  edit lengthen_the_metadata '\x05\x00\x10\x00\x08\x21'
  edit one_node_less '\x06\x01\x00'
  edit another_m '\x06\x03\x01'
  edit an_unknown_kind '\x07\x0c\x00\x63\x00\x00\x00'
  edit no_id_hash '\x07\x0d\x03'
  edit an_offset_in_the_table '\x08\x12\x00\xff\xff\xff\xff\xff\xff\xff\xff'
  edit four_at_once '\x02\x05\x00\x00\x03\x02\x07\x02\x00\x04\x04\x09\x02\x00\x03\x00\x06\x05\x05\x01\x00\x00\x00'
done

# The longest are left out: they are slow, and what is in them is in others.
find "$golden/pickles/good" -name '*.p[0245]' -size -4k -exec cp {} corpus/pickle/ \;
find "$golden/pickles/bad" -name '*.pickle' -size -4k -exec cp {} corpus/pickle/ \;
find "$golden/library_pickles" -size -3 \( -name "*.p5" -o -name "*.pickle" \) -exec cp {} corpus/pickle/ \;

cp "$golden/index/profiles.jsonl" corpus/jsonl/profiles
jsonl() { printf "$2" > "corpus/jsonl/$1"; } # jsonl NAME TEXT
jsonl every_type '{"_id":"a","i":-7,"u":18446744073709551615,"f":-1.5e-3,"t":true,"n":null,"l":[1,"x",{"y":[]}]}\n'
jsonl numbers '{"_id":1,"a":1e400,"b":-0,"c":NaN,"d":-Infinity,"e":123456789012345678901234567890,"f":1E+2}\n'
jsonl escapes '{"_id":"\\u00e9\\ud83d\\ude00\\n\\"","b":"\\ud800","c":"\\u0000"}\n'
jsonl vectors '{"_id":"a","vector":[0.5,-2,1e38]}\n{"_id":"b","vector":[]}\n{"_id":"c","vector":[NaN]}\n{"_id":"d"}\n'
jsonl ids '{"id":7}\n{"_id":7}\n{"_id":"7"}\n{"_id":null}\n{"_id":1.5}\n{"_id":""}\n{"x":1}\n[]\n1\n'
jsonl twice '{"_id":"a","x":1,"x":{"y":2,"y":3}}\n{"_id":"a"}\n'
jsonl broken '{"_id":"a"\n{"_id":"b"}}\n{"_id":"c",}\n{_id:1}\n{"_id":"\xff"}\n'
jsonl blank_lines '\xef\xbb\xbf\n \t\r\n{"_id":"a"}\r\n\n{"_id":"b"}'
jsonl deep "{\"_id\":\"a\",\"x\":$(printf '[%.0s' {1..130})$(printf ']%.0s' {1..130})}\\n"
head -n 1 "$golden/library_pickles/mongo_canonical.jsonl" > corpus/jsonl/mongodb
jsonl several_in_a_line '{"_id":"a"}{"_id":"b"}\n{"_id":"c"} {"_id":"d"'
jsonl over_several_lines '{\n  "_id": "a",\n  "x": [\n    1\n  ]\n}\n{\n  "_id": "b"\n}\n'
jsonl bulk '{"index":{"_id":"a"}}\n{"x":1}\n{"create":{"_id":7}}\n{"x":2}\n{"delete":{"_id":"a"}}\n'
jsonl array '[{"_id":"a"},{"_id":1.0},7, {"_id":"b"}]'
jsonl document '{"n":1,"data":[{"_id":"a"},{"_id":"b"}],"more":{"data":[]}}'
jsonl by_id '{"a":{"x":1,"y":"z"},"b":{"x":2,"y":"w"}}'
jsonl columns '{"x":{"0":1,"1":2},"y":{"0":"z","1":"w"}}'
printf '{"_id":"a"}\n' | gzip -n > corpus/jsonl/compressed

csv() { printf "$2" > "corpus/csv/$1"; } # csv NAME TEXT
csv numbers '_id,age,height\na,31,1.5e3\nb,,-0\nc,x,nan\n'
csv ids 'id,name\n7,x\n007,y\n,z\n7,w\n'
csv no_id 'name,vector\nx,"[1,2]"\ny,"[3,4]"\n'
csv quotes '_id,text\r\n"a ""b""","line\none"\r\n"open\r\n'
csv lists '_id,tags,vector\na,"[""x"",{""y"":1}]","[1,2.5]"\nb,[],\nc,"[1","[NaN]"\n'
csv ragged '_id,a,b\n1\n1,2,3,4\n\n\n,,\n'
csv twice '_id,a,a\n1,2,3\n'
csv marked '\xef\xbb\xbf_id,a\r1,2\r'
csv not_unicode '_id,a\n\xff,1\nb,\xc3\x28\n'
csv empty ''
csv blanks '_id, name , age\na, "Ann, B" , 30\nb, "hi" she said,NA\n'
csv backslashes '_id,n\na,"said \\"hi\\" to"\nb,"\\\\",\\N\n'
csv semicolons 'sep=;\r\n_id;height;pay\r\na;1,5;1.250,5\r\nb;02;7\r\n'
csv utf16 '\xff\xfe_\x00i\x00d\x00\t\x00n\x00\n\x00a\x00\t\x00\x3d\xd8\x00\xde\n\x00'
csv row_numbers ',_id,Unnamed: 0,\n0,a,1,\n1,b,2,\n'
csv python_lists "_id,a,b\nx,\"['go', 'x\\\\'y']\",[0.5 1.]\ny,\"array([1., nan], dtype=float32)\",\"{'a': (1, 2)}\"\n"
csv arrays '_id,a\nx,"{a,""b c"",NULL}"\ny,{}\nz,"{{1,2},{3,NaN}}"\n'
csv cut '_id,a\nx,[0.1 0.2 ... 0.9]\n'
csv title 'Members\n_id;name\n1;Ann\n'
printf '_id,a\n1,2\n' | gzip -n > corpus/csv/compressed

number=0
while read -r request; do
  number=$((number + 1))
  printf '%s' "$request" > "corpus/http_target/request-$number"
done <<'REQUESTS'
/
/recommend/ada/5
/recommend/a%2Fb/1000?distances=true
/recommend/zw%C3%B6lf/0
/recommend/10/4?exact=true&distances=false
/recommend/10/4?ef=64
/recommend/10/4?exact=true&ef=64
/recommend?id=ada&n=5
/recommend?id=a%26b&n=5&&n=6&flag&x==
/recommend?n=5
/recommend/%F0%9F%91%A9%E2%80%8D%F0%9F%91%A9%E2%80%8D%F0%9F%91%A7/3
/recommend/%22quoted%22/1001
/recommend/../5
/recommend//5
/recommend/a%zz/5
/recommend/%FF/5
/recommend/a%2525/%35
/profiles/with%20blank
/profiles?id=with+blank
/profiles/nobody?page=2
/health/status
/health/live
/health/ready
/index
/index/
//index
/metrics
http://other.example/index?x=1#fragment
*
REQUESTS

# Bodies of POST /recommend.
body() { printf "$2" > "corpus/http_target/body-$1"; } # body NAME TEXT
body ids '{"ids":["ada",10,"nobody",-7,18446744073709551616,"zw\\u00f6lf"],"n":5}'
body exclude '{"n":3,"exclude":["ada",7,"nobody"],"ids":["10","with blank"],"distances":true}'
body vectors '{"vectors":[[1,0.5,-2e-3],[],[0],[1e999,1],[-0]],"n":2,"distances":false}'
body profiles '{"profiles":[{"name":"ada","tags":["x",1,null]},{},{"_id":"a","a":{"b":[1e400,{"c":"d"}]}}],"n":1000}'
body twice '{"ids":[],"ids":[],"n":1}'
body two_lists '{"ids":[],"vectors":[],"n":1}'
body no_n '{"ids":["ada"]}'
body unknown '{"ids":["ada"],"n":1,"ef":64}'
body broken '{"ids":["ada",],\n "n":1} x'
body deep "{\"n\":1,\"profiles\":[{\"x\":$(printf '[%.0s' {1..130})$(printf ']%.0s' {1..130})}]}"

hash=c4bbcb1fbec99d65bf59d85c8cb62ee2db963f0fe106f483d9afa73bd4e39a8a
keys() { printf "$2" > "corpus/keys_file/$1"; } # keys NAME TEXT
keys two "# keys\\n\\nfront-end\\tread\\t$hash\\r\\nprometheus\\tobserve,admin\\t${hash/c4/c5}"
keys twice "a\\tread\\t$hash\\nb\\tread\\t$hash\\n"
keys upper_case "A.b_c-d\\tadmin\\t${hash^^}\\n"
keys wrong "a read $hash\\na\\t\\t$hash\\na\\tread\\t${hash%8a}\\n\\xff\\n"
