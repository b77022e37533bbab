//! Short texts in ten scripts, as people write of themselves, and how well one finds its near copy.
//!
//! A text is three sentences of a language's five, their gaps filled with words of its lists; its near copy has another
//! word in one gap. There are hundreds of millions of texts in each language, and all share their sentences.

use kindred::profile::{Fields, Value};
use kindred::random::SplitMix64;
use kindred::vectorizer::hashing::{Fitter, HashingConfig};
use kindred::vectorizer::text::Language;
use kindred::vectorizer::unit::normalise;

/// How many of the nearest are looked at.
const FIRST: usize = 10;

/// A language: `h`, `f`, `p` and `t` in braces are gaps for a hobby, a food, a place and a trait.
pub struct Tongue {
    /// Its script.
    pub script: &'static str,
    sentences: [&'static str; 5],
    hobbies: &'static str,
    foods: &'static str,
    places: &'static str,
    traits: &'static str,
    /// What stands between two sentences.
    between: &'static str,
}

/// What was found among the texts of a language.
pub struct Found {
    /// Texts, near copies included.
    pub texts: usize,
    /// Texts without a vector.
    pub zero: usize,
    /// The share of texts whose near copy is among the first ten others.
    pub recall: f64,
    /// The share whose near copy is the first.
    pub first: f64,
}

/// Makes `count` texts and their near copies, vectorizes all by the default configuration and compares all with all.
pub fn measure(tongue: &Tongue, count: usize) -> Result<Found, Box<dyn std::error::Error>> {
    let mut random = Random(SplitMix64(42));
    let texts: Vec<[String; 2]> = (0..count).map(|_| tongue.pair(&mut random)).collect();
    let profiles: Vec<Fields> =
        texts.iter().flatten().map(|text| vec![("bio".to_owned(), Value::Text(text.clone()))]).collect();
    let mut fitter = Fitter::new(HashingConfig::new("_id", Language::En))?;
    profiles.iter().for_each(|fields| fitter.observe(fields));
    let mut counter = fitter.finish();
    profiles.iter().for_each(|fields| counter.observe(fields));
    let vectorizer = counter.finish();
    let mut vectors: Vec<Vec<f32>> = profiles.iter().map(|fields| vectorizer.vectorize(fields)).collect();
    vectors.iter_mut().for_each(|vector| normalise(vector));
    let places: Vec<usize> = (0..count).map(|number| place_of_copy(&vectors, 2 * number)).collect();
    let share =
        |within: usize| places.iter().filter(|&&place| place < within).count() as f64 / count.max(1) as f64;
    let zero = vectors.iter().filter(|vector| vector.iter().all(|&number| number == 0.0)).count();
    Ok(Found { texts: profiles.len(), zero, recall: share(FIRST), first: share(1) })
}

/// How many others are at least as near to a text as its copy, which is the next one.
fn place_of_copy(vectors: &[Vec<f32>], text: usize) -> usize {
    let dot = |other: usize| -> f64 {
        vectors[text].iter().zip(&vectors[other]).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
    };
    let copy = dot(text + 1);
    (0..vectors.len()).filter(|&other| other != text && other != text + 1 && dot(other) >= copy).count()
}

impl Tongue {
    fn list(&self, gap: char) -> Vec<&'static str> {
        let list = match gap {
            'h' => self.hobbies,
            'f' => self.foods,
            'p' => self.places,
            _ => self.traits,
        };
        list.split('|').collect()
    }

    /// A text, and the same with another word in one gap.
    fn pair(&self, random: &mut Random) -> [String; 2] {
        let first = random.below(5);
        let chosen = [first, (first + 1 + random.below(2)) % 5, (first + 3 + random.below(2)) % 5];
        let pattern = chosen.map(|number| self.sentences[number]).join(self.between);
        let gaps: Vec<char> = pattern.split('{').skip(1).filter_map(|after| after.chars().next()).collect();
        let words: Vec<usize> = gaps.iter().map(|&gap| random.below(self.list(gap).len())).collect();
        let mut others = words.clone();
        let changed = random.below(gaps.len());
        let choices = self.list(gaps[changed]).len();
        others[changed] = (others[changed] + 1 + random.below(choices - 1)) % choices;
        [words, others].map(|words| self.filled(&pattern, &gaps, &words))
    }

    fn filled(&self, pattern: &str, gaps: &[char], words: &[usize]) -> String {
        gaps.iter().zip(words).fold(pattern.to_owned(), |text, (&gap, &word)| {
            text.replacen(&format!("{{{gap}}}"), self.list(gap)[word], 1)
        })
    }
}

/// What is drawn.
struct Random(SplitMix64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        (self.0.bits() % bound as u64) as usize
    }
}

/// Ten languages of ten scripts.
pub const TONGUES: [Tongue; 10] = [
    Tongue {
        script: "Latin",
        sentences: [
            "I love {h} and {h}.",
            "At weekends I go to {p} for {h}.",
            "Friends say I am {t} and {t}.",
            "My kitchen smells of {f} and {f}.",
            "One day I want to live near {p}.",
        ],
        hobbies: "salsa|hiking|chess|photography|climbing|gardening|reading novels|football|swimming|painting|cycling|yoga|cinema|jazz|pottery|sailing|astronomy|board games|fishing|running|skiing|knitting|theatre|bird watching",
        foods: "fresh bread|coffee|curry|pizza|dumplings|green tea|cheese|chocolate|pancakes|soup|grilled fish|apple pie",
        places: "the mountains|the sea|the old town|the forest|the lake|a small island|the desert|the river|the park|the harbour|a village|the museum",
        traits: "curious|patient|chaotic|cheerful|quiet|honest|stubborn|generous|romantic|punctual|brave|sleepy",
        between: " ",
    },
    Tongue {
        script: "Cyrillic",
        sentences: [
            "Люблю {h} и {h}.",
            "По выходным езжу в {p}, там {h}.",
            "Друзья говорят, что я человек {t} и {t}.",
            "На моей кухне пахнет так: {f} и {f}.",
            "Когда-нибудь перееду в {p}.",
        ],
        hobbies: "сальсу|горные походы|шахматы|фотографию|скалолазание|садоводство|романы|футбол|плавание|живопись|велосипед|йогу|кино|джаз|гончарное дело|парусный спорт|астрономию|настольные игры|рыбалку|бег|лыжи|вязание|театр|наблюдение за птицами",
        foods: "свежий хлеб|кофе|борщ|пицца|пельмени|зелёный чай|сыр|шоколад|блины|уха|жареная рыба|яблочный пирог",
        places: "горы|Сочи|старый город|лес|деревню у озера|маленький посёлок|пустыню|долину реки|парк|гавань|Петербург|музей",
        traits: "любопытный|терпеливый|рассеянный|весёлый|тихий|честный|упрямый|щедрый|романтичный|пунктуальный|смелый|сонный",
        between: " ",
    },
    Tongue {
        script: "Greek",
        sentences: [
            "Αγαπώ {h} και {h}.",
            "Τα σαββατοκύριακα πάω {p} για {h}.",
            "Οι φίλοι λένε ότι είμαι {t} και {t}.",
            "Η κουζίνα μου μυρίζει {f} και {f}.",
            "Μια μέρα θα ζήσω {p}.",
        ],
        hobbies: "τη σάλσα|την πεζοπορία|το σκάκι|τη φωτογραφία|την αναρρίχηση|την κηπουρική|τα μυθιστορήματα|το ποδόσφαιρο|το κολύμπι|τη ζωγραφική|το ποδήλατο|τη γιόγκα|τον κινηματογράφο|την τζαζ|την κεραμική|την ιστιοπλοΐα|την αστρονομία|τα επιτραπέζια|το ψάρεμα|το τρέξιμο|το σκι|το πλέξιμο|το θέατρο|τα πουλιά",
        foods: "φρέσκο ψωμί|καφέ|μουσακά|πίτσα|ντολμάδες|πράσινο τσάι|φέτα|σοκολάτα|τηγανίτες|σούπα|ψητό ψάρι|μηλόπιτα",
        places: "στα βουνά|στη θάλασσα|στην παλιά πόλη|στο δάσος|στη λίμνη|σε ένα νησί|στην έρημο|στο ποτάμι|στο πάρκο|στο λιμάνι|στο χωριό|στο μουσείο",
        traits: "περίεργος|υπομονετικός|άτακτος|χαρούμενος|ήσυχος|τίμιος|πεισματάρης|γενναιόδωρος|ρομαντικός|ακριβής|θαρραλέος|νυσταγμένος",
        between: " ",
    },
    Tongue {
        script: "Chinese",
        sentences: [
            "我喜欢{h}和{h}。",
            "周末我常去{p}{h}。",
            "朋友们说我{t}又{t}。",
            "我家厨房里总有{f}和{f}的香味。",
            "将来我想住在{p}附近。",
        ],
        hobbies: "跳舞|爬山|下棋|摄影|攀岩|园艺|看小说|踢足球|游泳|画画|骑车|瑜伽|看电影|爵士乐|做陶艺|帆船|观星|桌游|钓鱼|跑步|滑雪|织毛衣|话剧|观鸟",
        foods: "新鲜面包|咖啡|咖喱|披萨|饺子|绿茶|奶酪|巧克力|煎饼|鸡汤|烤鱼|苹果派",
        places: "山里|海边|老城区|森林|湖边|小岛|沙漠|河边|公园|港口|乡村|博物馆",
        traits: "好奇|耐心|马虎|开朗|安静|诚实|固执|大方|浪漫|守时|勇敢|爱睡觉",
        between: "",
    },
    Tongue {
        script: "Japanese",
        sentences: [
            "{h}と{h}が大好きです。",
            "週末は{p}で{h}を楽しみます。",
            "友達には{t}で{t}な人だと言われます。",
            "台所はいつも{f}と{f}の香りがします。",
            "いつか{p}の近くに住みたいです。",
        ],
        hobbies: "サルサ|山登り|将棋|写真|クライミング|庭いじり|読書|サッカー|水泳|絵画|自転車|ヨガ|映画|ジャズ|陶芸|ヨット|天体観測|ボードゲーム|釣り|ランニング|スキー|編み物|芝居|野鳥観察",
        foods: "焼きたてのパン|コーヒー|カレー|ピザ|餃子|緑茶|チーズ|チョコレート|パンケーキ|味噌汁|焼き魚|アップルパイ",
        places: "山|海|旧市街|森|湖|小さな島|砂漠|川|公園|港|村|博物館",
        traits: "好奇心旺盛|我慢強い|大ざっぱ|陽気|静か|正直|頑固|気前がいい|ロマンチック|几帳面|勇敢|眠たがり",
        between: "",
    },
    Tongue {
        script: "Hangul",
        sentences: [
            "저는 {h}하고 {h}를 좋아해요.",
            "주말에는 {p}에서 {h}를 즐겨요.",
            "친구들은 제가 {t} {t} 사람이래요.",
            "우리 집 부엌에서는 {f}와 {f} 냄새가 나요.",
            "언젠가 {p} 근처에서 살고 싶어요.",
        ],
        hobbies: "살사|등산|체스|사진|암벽 등반|정원 가꾸기|소설|축구|수영|그림|자전거|요가|영화|재즈|도예|요트|별 보기|보드게임|낚시|달리기|스키|뜨개질|연극|새 관찰",
        foods: "갓 구운 빵|커피|카레|피자|만두|녹차|치즈|초콜릿|팬케이크|된장국|생선구이|사과파이",
        places: "산|바닷가|구시가지|숲|호수|작은 섬|사막|강|공원|항구|마을|박물관",
        traits: "호기심 많은|참을성 있는|덜렁대는|명랑한|조용한|정직한|고집 센|너그러운|낭만적인|시간을 지키는|용감한|잠이 많은",
        between: " ",
    },
    Tongue {
        script: "Arabic",
        sentences: [
            "أحب {h} و{h}.",
            "في نهاية الأسبوع أذهب إلى {p} من أجل {h}.",
            "يقول أصدقائي إنني {t} و{t}.",
            "تفوح من مطبخي رائحة {f} و{f}.",
            "يوماً ما سأعيش قرب {p}.",
        ],
        hobbies: "الرقص|المشي في الجبال|الشطرنج|التصوير|التسلق|البستنة|قراءة الروايات|كرة القدم|السباحة|الرسم|ركوب الدراجات|اليوغا|السينما|الجاز|الفخار|الإبحار|الفلك|ألعاب الطاولة|صيد السمك|الجري|التزلج|الحياكة|المسرح|مراقبة الطيور",
        foods: "الخبز الطازج|القهوة|الكاري|البيتزا|الزلابية|الشاي الأخضر|الجبن|الشوكولاتة|الفطائر|الحساء|السمك المشوي|فطيرة التفاح",
        places: "الجبال|البحر|المدينة القديمة|الغابة|البحيرة|جزيرة صغيرة|الصحراء|النهر|الحديقة|الميناء|القرية|المتحف",
        traits: "فضولي|صبور|فوضوي|مرح|هادئ|صادق|عنيد|كريم|رومانسي|منضبط|شجاع|كسول",
        between: " ",
    },
    Tongue {
        script: "Hebrew",
        sentences: [
            "אני אוהב {h} ו{h}.",
            "בסופי שבוע אני נוסע אל {p} בשביל {h}.",
            "החברים אומרים שאני {t} וגם {t}.",
            "המטבח שלי מריח מ{f} ומ{f}.",
            "יום אחד אגור ליד {p}.",
        ],
        hobbies: "סלסה|טיולים בהרים|שחמט|צילום|טיפוס|גינון|רומנים|כדורגל|שחייה|ציור|אופניים|יוגה|קולנוע|ג'אז|קדרות|שיט|אסטרונומיה|משחקי קופסה|דיג|ריצה|סקי|סריגה|תיאטרון|צפרות",
        foods: "לחם טרי|קפה|קארי|פיצה|כיסונים|תה ירוק|גבינה|שוקולד|פנקייק|מרק|דג צלוי|עוגת תפוחים",
        places: "ההרים|הים|העיר העתיקה|היער|האגם|אי קטן|המדבר|הנהר|הפארק|הנמל|הכפר|המוזיאון",
        traits: "סקרן|סבלני|מבולגן|עליז|שקט|ישר|עקשן|נדיב|רומנטי|דייקן|אמיץ|ישנוני",
        between: " ",
    },
    Tongue {
        script: "Devanagari",
        sentences: [
            "मुझे {h} और {h} पसंद है।",
            "छुट्टी के दिन मैं {h} के लिए {p} जाता हूँ।",
            "दोस्त कहते हैं कि मैं {t} और {t} हूँ।",
            "मेरी रसोई में {f} और {f} की खुशबू रहती है।",
            "एक दिन मैं {p} के पास रहूँगा।",
        ],
        hobbies: "नाचना|पहाड़ चढ़ना|शतरंज|फोटोग्राफी|चट्टान चढ़ना|बागवानी|उपन्यास|फुटबॉल|तैरना|चित्रकारी|साइकिल|योग|सिनेमा|संगीत|मिट्टी के बर्तन|नौकायन|तारे देखना|बोर्ड गेम|मछली पकड़ना|दौड़ना|स्कीइंग|बुनाई|नाटक|पक्षी देखना",
        foods: "ताज़ी रोटी|कॉफ़ी|करी|पिज़्ज़ा|मोमो|हरी चाय|पनीर|चॉकलेट|मालपुआ|दाल|भुनी मछली|सेब की पाई",
        places: "पहाड़|समुद्र|पुराने शहर|जंगल|झील|छोटे द्वीप|रेगिस्तान|नदी|बगीचे|बंदरगाह|गाँव|संग्रहालय",
        traits: "जिज्ञासु|धैर्यवान|लापरवाह|हँसमुख|शांत|ईमानदार|ज़िद्दी|उदार|रोमांटिक|समयनिष्ठ|बहादुर|आलसी",
        between: " ",
    },
    Tongue {
        script: "Thai",
        sentences: [
            "ฉันชอบ{h}และ{h}",
            "วันหยุดฉันไป{p}เพื่อ{h}",
            "เพื่อนบอกว่าฉันเป็นคน{t}และ{t}",
            "ครัวของฉันมีกลิ่น{f}กับ{f}",
            "สักวันฉันอยากอยู่ใกล้{p}",
        ],
        hobbies: "เต้นรำ|เดินป่า|หมากรุก|ถ่ายรูป|ปีนผา|ทำสวน|อ่านนิยาย|ฟุตบอล|ว่ายน้ำ|วาดรูป|ปั่นจักรยาน|โยคะ|ดูหนัง|ฟังแจ๊ส|ปั้นดิน|แล่นเรือ|ดูดาว|บอร์ดเกม|ตกปลา|วิ่ง|สกี|ถักไหมพรม|ละครเวที|ดูนก",
        foods: "ขนมปังสด|กาแฟ|แกงเขียวหวาน|พิซซ่า|เกี๊ยว|ชาเขียว|ชีส|ช็อกโกแลต|แพนเค้ก|ต้มยำ|ปลาเผา|พายแอปเปิ้ล",
        places: "ภูเขา|ทะเล|เมืองเก่า|ป่า|ทะเลสาบ|เกาะเล็ก|ทะเลทราย|แม่น้ำ|สวนสาธารณะ|ท่าเรือ|หมู่บ้าน|พิพิธภัณฑ์",
        traits: "ช่างสงสัย|อดทน|ซุ่มซ่าม|ร่าเริง|เงียบ|ซื่อสัตย์|ดื้อ|ใจกว้าง|โรแมนติก|ตรงเวลา|กล้าหาญ|ขี้เซา",
        between: " ",
    },
];
