/*
 * What synthetic persons are put together from: areas of GB/T 2260, syllables with their pinyin, and
 * words for addresses and companies. Whoever comes out of it is nobody.           Threads: const data.
 */
#pragma once

struct syllable {
	const char *text, *latin;
};

/* A prefecture: the first four digits of its areas. */
struct prefecture {
	const char *code, *name;
};

static const struct prefecture prefectures[] = {
	{"1101", "北京市"}, {"1201", "天津市"}, {"1301", "石家庄市"}, {"1302", "唐山市"},
	{"1401", "太原市"}, {"1501", "呼和浩特市"}, {"2101", "沈阳市"}, {"2102", "大连市"},
	{"2201", "长春市"}, {"2301", "哈尔滨市"}, {"3101", "上海市"}, {"3201", "南京市"},
	{"3205", "苏州市"}, {"3301", "杭州市"}, {"3302", "宁波市"}, {"3401", "合肥市"},
	{"3501", "福州市"}, {"3502", "厦门市"}, {"3601", "南昌市"}, {"3701", "济南市"},
	{"3702", "青岛市"}, {"4101", "郑州市"}, {"4201", "武汉市"}, {"4301", "长沙市"},
	{"4401", "广州市"}, {"4403", "深圳市"}, {"4501", "南宁市"}, {"4601", "海口市"},
	{"5001", "重庆市"}, {"5101", "成都市"}, {"5201", "贵阳市"}, {"5301", "昆明市"},
	{"5401", "拉萨市"}, {"6101", "西安市"}, {"6201", "兰州市"}, {"6301", "西宁市"},
	{"6401", "银川市"}, {"6501", "乌鲁木齐市"}, {"8100", "香港"}, {"8200", "澳门"},
	{"8300", "台湾"},
};

static const struct syllable surnames[] = {
	{"林", "lin"}, {"江", "jiang"}, {"柳", "liu"}, {"梅", "mei"}, {"云", "yun"}, {"叶", "ye"},
	{"石", "shi"}, {"陆", "lu"}, {"沈", "shen"}, {"顾", "gu"}, {"苏", "su"}, {"夏", "xia"},
	{"秦", "qin"}, {"方", "fang"}, {"白", "bai"}, {"程", "cheng"}, {"卫", "wei"}, {"温", "wen"},
	{"宁", "ning"}, {"安", "an"}, {"岳", "yue"}, {"明", "ming"}, {"景", "jing"}, {"容", "rong"},
	{"欧阳", "ouyang"}, {"司徒", "situ"}, {"上官", "shangguan"}, {"诸葛", "zhuge"},
};

static const struct syllable given_male[] = {
	{"志", "zhi"}, {"远", "yuan"}, {"浩", "hao"}, {"然", "ran"}, {"建", "jian"}, {"峰", "feng"},
	{"海", "hai"}, {"涛", "tao"}, {"松", "song"}, {"柏", "bai"}, {"俊", "jun"}, {"杰", "jie"},
	{"文", "wen"}, {"博", "bo"}, {"鹏", "peng"}, {"程", "cheng"}, {"思", "si"}, {"源", "yuan"},
	{"国", "guo"}, {"栋", "dong"}, {"一", "yi"}, {"鸣", "ming"}, {"立", "li"}, {"诚", "cheng"},
};

static const struct syllable given_female[] = {
	{"美", "mei"}, {"华", "hua"}, {"静", "jing"}, {"怡", "yi"}, {"雪", "xue"}, {"梅", "mei"},
	{"晓", "xiao"}, {"兰", "lan"}, {"雨", "yu"}, {"桐", "tong"}, {"佳", "jia"}, {"慧", "hui"},
	{"若", "ruo"}, {"溪", "xi"}, {"婉", "wan"}, {"清", "qing"}, {"诗", "shi"}, {"涵", "han"},
	{"月", "yue"}, {"萍", "ping"}, {"芷", "zhi"}, {"宁", "ning"}, {"秋", "qiu"}, {"琳", "lin"},
};

static const char *const latin_syllables[] = {"ma", "ri", "no", "do", "vel", "tan", "sel", "ka",
                                              "lin", "or", "ben", "da", "mi", "ro", "su", "wen"};

/* A nationality: its three digits (ISO 3166-1) and letters. */
static const struct {
	const char *digits, *letters;
} nations[] = {{"840", "USA"}, {"826", "GBR"}, {"250", "FRA"}, {"276", "DEU"},
               {"392", "JPN"}, {"410", "KOR"}, {"702", "SGP"}, {"036", "AUS"}};

static const char *const streets[] = {"示例路", "样本街", "虚构大道", "测试巷", "模型里", "演示弄"};

static const char *const company_words[] = {"示", "范", "恒", "泰", "新", "启", "瑞", "丰",
                                            "博", "联", "宏", "景", "天", "和", "远", "明"};
static const char *const trades[] = {"科技", "贸易", "建筑工程", "物流", "餐饮管理", "文化传媒",
                                     "医药", "机械制造"};
