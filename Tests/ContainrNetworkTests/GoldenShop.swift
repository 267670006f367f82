// The ruleset of `shop`: bash and eyes read it too. It is what `nft -s -p -y list table` prints, plus two lines.

let goldenShop = """
  add table ip containr
  delete table ip containr
  add table bridge containr
  delete table bridge containr
  table ip containr {
  	map publish-at {
  		type inet_proto . ipv4_addr . inet_service : ipv4_addr . inet_service
  		elements = { 6 . 127.0.0.1 . 5432 comment "shop/db-1" : 10.89.0.3 . 5432 }
  	}

  	map publish {
  		type inet_proto . inet_service : ipv4_addr . inet_service
  		elements = { 6 . 8080 comment "shop/web-1" : 10.89.0.2 . 80,
  			     17 . 53 comment "shop/_dns__" : 10.89.0.4 . 53 }
  	}

  	map into {
  		type ifname : verdict
  		elements = { "cbr0" comment "into cbr0" : jump into-cbr0,
  			     "cbr1" comment "into cbr1" : jump into-cbr1 }
  	}

  	map from {
  		type ifname : verdict
  		elements = { "cbr0" comment "from cbr0" : accept,
  			     "cbr1" comment "from cbr1" : drop }
  	}

  	chain into-cbr0 {
  		iifname "cbr0" accept comment "into cbr0: its own members"
  		ct status dnat accept comment "into cbr0: published ports"
  		drop comment "into cbr0: everything else"
  	}

  	chain into-cbr1 {
  		iifname "cbr1" accept comment "into cbr1: its own members"
  		drop comment "into cbr1: everything else"
  	}

  	chain guard-prerouting {
  		type filter hook prerouting priority -150; policy accept;
  		ip daddr 127.0.0.0/8 iifname != "lo" drop comment "loopback is not reachable from outside"
  		ip saddr 127.0.0.0/8 iifname != "lo" drop comment "loopback does not come from outside"
  		ct state established,related accept comment "replies"
  		iifname != "cbr0" ip daddr 10.89.0.0/26 drop comment "members of cbr0 only by published ports"
  		iifname != "cbr1" ip daddr 10.89.0.64/26 drop comment "members of cbr1 only by published ports"
  	}

  	chain nat-prerouting {
  		type nat hook prerouting priority -100; policy accept;
  		fib daddr type != local accept comment "not for this host"
  		iifname "cbr0" ip daddr 10.89.0.1 meta l4proto { 6, 17 } th dport 53 dnat to 10.89.0.1:253 comment "from cbr0: to its name server"
  		iifname "cbr1" ip daddr 10.89.0.65 meta l4proto { 6, 17 } th dport 53 dnat to 10.89.0.65:253 comment "from cbr1: to its name server"
  		dnat ip to meta l4proto . ip daddr . th dport map @publish-at comment "ports of one host address"
  		dnat ip to meta l4proto . th dport map @publish comment "ports of every host address"
  	}

  	chain nat-output {
  		type nat hook output priority -100; policy accept;
  		fib daddr type != local accept comment "not for this host"
  		dnat ip to meta l4proto . ip daddr . th dport map @publish-at comment "ports of one host address"
  		dnat ip to meta l4proto . th dport map @publish comment "ports of every host address"
  	}

  	chain input {
  		type filter hook input priority -1; policy accept;
  		iifname "cbr1" ct state established,related accept comment "from cbr1: replies"
  		iifname "cbr1" ip daddr 10.89.0.65 meta l4proto { 6, 17 } th dport 253 accept comment "from cbr1: names"
  		iifname "cbr1" ip daddr 10.89.0.65 icmp type echo-request accept comment "from cbr1: ping"
  		iifname "cbr1" drop comment "from cbr1: nothing else of this host"
  	}

  	chain forward {
  		type filter hook forward priority 0; policy accept;
  		ct state established,related accept comment "replies"
  		iifname "cbr1" oifname != "cbr1" drop comment "cbr1 has no way out, nor to published ports"
  		oifname vmap @into comment "into our bridges"
  		iifname vmap @from comment "out of our bridges"
  	}

  	chain nat-postrouting {
  		type nat hook postrouting priority 100; policy accept;
  		oifname "cbr0" ip saddr 127.0.0.0/8 masquerade comment "loopback to cbr0"
  		oifname "cbr0" ip saddr 10.89.0.0/26 ct status dnat masquerade comment "cbr0 to itself by published ports"
  		oifname != "cbr0" ip saddr 10.89.0.0/26 masquerade comment "out of cbr0"
  		oifname "cbr1" ip saddr 127.0.0.0/8 masquerade comment "loopback to cbr1"
  		oifname "cbr1" ip saddr 10.89.0.64/26 ct status dnat masquerade comment "cbr1 to itself by published ports"
  		oifname "cbr1" ct status dnat masquerade comment "this host to cbr1 by published ports"
  	}

  }
  table bridge containr {
  	set members {
  		type ifname . ether_addr . ipv4_addr
  		elements = { "cv0" . 02:00:0a:59:00:02 . 10.89.0.2 comment "shop/web-1" }
  	}

  	chain members {
  		type filter hook prerouting priority -300; policy accept;
  		iifname != "cv*" accept comment "links of others"
  		iifname . ether saddr . ip saddr @members ip protocol != 1 accept comment "IPv4 in its own name"
  		iifname . ether saddr . ip saddr != @members drop comment "IPv4 in another's name"
  		icmp type redirect drop comment "nobody tells another where to go"
  		ether type ip accept comment "IPv4"
  		iifname . ether saddr . arp saddr ip != @members drop comment "ARP in another's name"
  		iifname . arp saddr ether . arp saddr ip != @members drop comment "ARP of another's hardware address"
  		ether type arp accept comment "ARP"
  		drop comment "nothing else"
  	}

  }

  """
